//! The tables of an object, brought up to date by the first version that meets them.

use worker::{Result, SqlStorage, SqlStorageValue};

/// What each version adds, oldest first. What stands here has run somewhere and is never changed; later versions are
/// added at the end.
pub(crate) type Migrations = &'static [&'static [&'static str]];

/// Runs what has not run yet. Nothing waits in here, so it reaches the disk whole or not at all.
pub(crate) fn run(sql: &SqlStorage, migrations: Migrations) -> Result<()> {
    sql.exec("CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY)", None)?;
    let done = sql.exec("SELECT MAX(version) FROM migration", None)?.raw().next().transpose()?;
    let done = match done.as_deref() {
        Some([SqlStorageValue::Integer(version)]) => *version,
        _ => 0,
    };
    for (version, statements) in (1_i64..).zip(migrations).filter(|(version, _)| *version > done) {
        for statement in *statements {
            sql.exec(statement, None)?;
        }
        sql.exec("INSERT INTO migration (version) VALUES (?)", vec![SqlStorageValue::Integer(version)])?;
    }
    Ok(())
}
