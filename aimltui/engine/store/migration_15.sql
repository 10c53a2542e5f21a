-- From version 14 to 15: what was made for requests that are not stored, and by which engine. It is deleted by that engine,
-- or once that engine is dead.
CREATE TABLE IF NOT EXISTS unstored (
  id TEXT PRIMARY KEY,  -- of a thread or a file
  owner TEXT NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS threads_forget_unstored AFTER DELETE ON threads BEGIN
  DELETE FROM unstored WHERE id = old.id;
END;
CREATE TRIGGER IF NOT EXISTS files_forget_unstored AFTER DELETE ON files BEGIN
  DELETE FROM unstored WHERE id = old.id;
END;
