//! Files in the SQLite of an object, in parts: a row holds at most 2 MB.

use worker::{Error, Result, SqlStorage, SqlStorageValue};

/// Bytes in a part, well below what a row may hold.
const PART_BYTES: usize = 1024 * 1024;

/// The table. Part of the schema of every object that keeps files.
pub(crate) const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS blob (
    name TEXT NOT NULL,
    part INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (name, part)
)";

/// Stores a file under a name, in place of what was there.
pub(crate) fn put(sql: &SqlStorage, name: &str, bytes: &[u8]) -> Result<()> {
    delete(sql, name)?;
    let parts = bytes.len().div_ceil(PART_BYTES) as i64;
    for (part, bytes) in (0_i64..).zip(bytes.chunks(PART_BYTES)) {
        let row: Vec<SqlStorageValue> = vec![name.into(), part.into(), parts.into(), bytes.to_vec().into()];
        sql.exec("INSERT INTO blob (name, part, parts, bytes) VALUES (?, ?, ?, ?)", row)?;
    }
    Ok(())
}

/// The file of a name. `None` where there is none, or where storing it was cut short.
pub(crate) fn read(sql: &SqlStorage, name: &str) -> Result<Option<Vec<u8>>> {
    let rows = sql.exec("SELECT parts, bytes FROM blob WHERE name = ? ORDER BY part", vec![name.into()])?;
    let (mut file, mut missing) = (None, 0);
    for (part, row) in (0_i64..).zip(rows.raw()) {
        match &mut row?[..] {
            [SqlStorageValue::Integer(parts), SqlStorageValue::Blob(bytes)] => {
                file.get_or_insert_with(Vec::new).append(bytes);
                missing = *parts - part - 1;
            }
            _ => return Err(Error::RustError(format!("part {part} of {name} has other columns"))),
        }
    }
    Ok(file.filter(|_| missing == 0))
}

/// Forgets the file of a name, if there is one.
pub(crate) fn delete(sql: &SqlStorage, name: &str) -> Result<()> {
    sql.exec("DELETE FROM blob WHERE name = ?", vec![name.into()])?;
    Ok(())
}

/// Whether [`read`] would find a file.
pub(crate) fn exists(sql: &SqlStorage, name: &str) -> Result<bool> {
    let rows = sql.exec("SELECT COUNT(*) = MAX(parts) FROM blob WHERE name = ?", vec![name.into()])?;
    let complete = rows.raw().next().transpose()?.and_then(|mut row| row.pop());
    Ok(complete == Some(SqlStorageValue::Integer(1)))
}
