//! What a case says is to be played.

use etude_engine::import::Imported;

use super::found;

/// A `.tsv` file of the cases.
#[derive(Default)]
pub struct Expected {
    /// What the error says, if the file must be refused.
    pub error: Option<String>,
    /// For each warning the printed number of its measure ("-" for none) and a part of what it says.
    warnings: Vec<(String, String)>,
    tempo: Option<String>,
    marks: Option<String>,
    order: Option<String>,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Expected {
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut this = Self::default();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if !this.columns.is_empty() {
                let row: Vec<String> = line.split('\t').map(str::to_owned).collect();
                if row.len() != this.columns.len() {
                    return Err(format!("{line:?} has {} columns, not {}", row.len(), this.columns.len()));
                }
                this.rows.push(row);
            } else if let Some(line) = line.strip_prefix('#') {
                this.property(line.trim())?;
            } else {
                this.columns = line.split('\t').map(str::to_owned).collect();
            }
        }
        let known = |column: &&String| !found::COLUMNS.contains(&column.as_str());
        if let Some(unknown) = this.columns.iter().find(known) {
            return Err(format!("there is no column {unknown:?}"));
        }
        let required = |column: &&&str| !this.columns.iter().any(|given| given == **column);
        match found::COLUMNS_REQUIRED.iter().find(required) {
            Some(missing) if this.error.is_none() => Err(format!("the column {missing:?} is missing")),
            _ => Ok(this),
        }
    }

    fn property(&mut self, line: &str) -> Result<(), String> {
        let (key, value) = line.split_once(':').ok_or_else(|| format!("{line:?} is no property"))?;
        let value = value.trim();
        match key {
            "error" => self.error = Some(value.to_owned()),
            "warning" => {
                let (measure, says) = value.split_once(' ').ok_or("a warning needs a measure and a text")?;
                self.warnings.push((measure.to_owned(), says.trim().to_owned()));
            }
            "tempo" => self.tempo = Some(value.to_owned()),
            "marks" => self.marks = Some(value.to_owned()),
            "order" => self.order = Some(value.to_owned()),
            _ => return Err(format!("there is no property {key:?}")),
        }
        Ok(())
    }

    /// All that differs, each in a line.
    pub fn differences(&self, imported: &Imported) -> Vec<String> {
        let score = &imported.score;
        let mut all = Vec::new();
        let lists = [
            ("tempo", &self.tempo, found::tempo(score)),
            ("marks", &self.marks, found::marks(score)),
            ("order", &self.order, found::order(score)),
        ];
        for (what, expected, found) in lists {
            if let Some(expected) = expected.as_ref().filter(|expected| **expected != found) {
                all.push(format!("{what}: {found:?}, not {expected:?}"));
            }
        }
        let says = |index: usize| {
            let warning = imported.warnings.get(index)?;
            Some((warning.measure.clone().unwrap_or_else(|| "-".to_owned()), warning.reason.clone()))
        };
        for index in 0..self.warnings.len().max(imported.warnings.len()) {
            match (self.warnings.get(index), says(index)) {
                (Some((place, text)), Some((measure, reason)))
                    if *place == measure && reason.contains(text.as_str()) => {}
                (expected, found) => all.push(format!("warning: {found:?}, not {expected:?}")),
            }
        }
        let rows: Vec<Vec<String>> =
            (0..score.notes().len()).map(|note| found::row(score, note, &self.columns)).collect();
        let expected: Vec<Vec<String>> = self.rows.iter().map(|row| self.exact(row)).collect();
        if rows != expected {
            all.push(format!("notes: {}", self.columns.join(" ")));
            let show = |sign: char, row: &Vec<String>| format!("{sign} {}", row.join(" "));
            all.extend(rows.iter().filter(|row| !expected.contains(row)).map(|row| show('+', row)));
            all.extend(expected.iter().filter(|row| !rows.contains(row)).map(|row| show('-', row)));
            let differ = |row: &Vec<String>| rows.contains(row);
            if expected.iter().all(differ) && rows.len() == expected.len() {
                all.extend(rows.iter().map(|row| show('?', row)));
            }
        }
        all
    }

    /// The row with its numbers written in one way.
    fn exact(&self, row: &[String]) -> Vec<String> {
        let cells = self.columns.iter().zip(row);
        cells
            .map(|(column, cell)| match column.as_str() {
                "onset_q" | "dur_q" => found::exact(cell),
                _ => cell.clone(),
            })
            .collect()
    }
}
