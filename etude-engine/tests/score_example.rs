//! `cargo run --example score -- FILE`, typed at the root of the clone as a stranger would.
#![cfg(feature = "import")]
#![allow(missing_docs)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use etude_engine::import::Summary;

fn score(arguments: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["run", "--quiet", "--all-features", "--example", "score", "--"])
        .args(arguments)
        .current_dir(root);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// What the engravings hold by their own description in examples/scores: notes, written and performed measures.
const BUNDLED: [(&str, usize, u32, u32); 2] = [
    ("examples/scores/bach-goldberg-aria.musicxml", 852, 32, 64),
    ("examples/scores/beethoven-fuer-elise.musicxml", 1041, 106, 127),
];

#[test]
fn notes_are_a_table_and_the_report_agrees_with_it() {
    for (file, notes, measures, performed) in BUNDLED {
        let table = score(&[file, "--notes"]);
        let mut lines = table.lines();
        let header = "id\txml_id\tpass\tonset_q\tdur_q\tpitch\tvoice\tstaff\tgrace\torn\tmeasure";
        assert_eq!(lines.next(), Some(header));
        let rows: Vec<Vec<&str>> = lines.map(|line| line.split('\t').collect()).collect();
        assert_eq!(rows.len(), notes, "{file}");
        let mut last = f64::MIN;
        for row in &rows {
            assert_eq!(row.len(), 11, "{row:?}");
            assert_eq!(row[0], format!("{}-{}", row[1], row[2]));
            assert_eq!(row[3].split_once('.').unwrap().1.len(), 6, "{row:?}");
            let onset: f64 = row[3].parse().unwrap();
            assert!(onset >= last, "{row:?} comes after {last}");
            last = onset;
        }
        let ids: BTreeSet<&str> = rows.iter().map(|row| row[0]).collect();
        assert_eq!(ids.len(), rows.len());

        let summary: Summary = serde_json::from_str(&score(&[file, "--json"])).unwrap();
        assert_eq!(summary.notes as usize, rows.len());
        assert_eq!((summary.measures, summary.performed_measures), (measures, performed));
        assert_eq!(summary.hands.iter().map(|hand| hand.notes).sum::<u32>(), summary.notes);
        let grace = rows.iter().filter(|row| row[8] == "1").count();
        assert_eq!(summary.grace_notes as usize, grace);
        let stretches: u32 = summary.order.iter().map(|stretch| stretch.measures).sum();
        assert_eq!(stretches, performed);
    }
}

#[test]
fn the_report_is_for_people() {
    let report = score(&["examples/scores/bach-goldberg-aria.musicxml"]);
    for words in
        ["Johann Sebastian Bach", "1-16, 1-16 (2nd), 17-32, 17-32 (2nd)", "right hand", "56.0 from measure 1"]
    {
        assert!(report.contains(words), "{words:?} is not in:\n{report}");
    }
}
