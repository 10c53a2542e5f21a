
-- What is known of files; the bytes are in the data directory, in `files/<id>`.
CREATE TABLE files (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  purpose TEXT NOT NULL,
  filename TEXT NOT NULL,
  expires_at INTEGER,
  body TEXT NOT NULL
);
CREATE INDEX files_by_purpose ON files(purpose, seq);
CREATE INDEX files_that_expire ON files(expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE uploads (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL,             -- may still be 'pending' for a while after its time
  expires_at INTEGER NOT NULL,
  private TEXT NOT NULL DEFAULT '{}',
  body TEXT NOT NULL
);
CREATE INDEX uploads_pending ON uploads(expires_at) WHERE status = 'pending';

-- The bytes of a part are in `files/<id>` until the upload is completed, cancelled or past its time.
CREATE TABLE upload_parts (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  upload_id TEXT NOT NULL REFERENCES uploads(id) ON DELETE CASCADE,
  bytes INTEGER NOT NULL
);
CREATE INDEX parts_by_upload ON upload_parts(upload_id);

-- Status and counts are not in the body: they follow from the store's files and from the clock.
CREATE TABLE vector_stores (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  last_active_at INTEGER NOT NULL,
  body TEXT NOT NULL
);

CREATE TABLE file_batches (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  store_id TEXT NOT NULL REFERENCES vector_stores(id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  cancelled INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX batches_by_store ON file_batches(store_id);

-- A file in a store. `id` is the file's.
CREATE TABLE store_files (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  store_id TEXT NOT NULL REFERENCES vector_stores(id) ON DELETE CASCADE,
  id TEXT NOT NULL REFERENCES files(id) ON DELETE CASCADE,
  batch_id TEXT,
  status TEXT NOT NULL,
  owner TEXT,                       -- the engine that indexes it; NULL: whoever comes first
  usage_bytes INTEGER NOT NULL DEFAULT 0,
  body TEXT NOT NULL,
  UNIQUE (store_id, id)
);
CREATE INDEX store_files_by_status ON store_files(store_id, status, usage_bytes);
CREATE INDEX store_files_by_file ON store_files(id);
CREATE INDEX store_files_by_batch ON store_files(batch_id, status) WHERE batch_id IS NOT NULL;
CREATE INDEX store_files_at_work ON store_files(owner, seq) WHERE status = 'in_progress';

-- Passages of a file in a store (`entry` is store_files.seq). Without a foreign key: a large file has thousands of
-- them, which are cleared away little by little once their entry is gone.
CREATE TABLE chunks (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  entry INTEGER NOT NULL,
  position INTEGER NOT NULL,
  overlap INTEGER NOT NULL,         -- so many characters at its beginning are also the end of the one before
  text TEXT NOT NULL
);
CREATE INDEX chunks_by_entry ON chunks(entry, position);
CREATE VIRTUAL TABLE chunk_words USING fts5(
  text, content = 'chunks', content_rowid = 'seq', tokenize = 'porter unicode61'
);
CREATE TRIGGER chunks_learn_words AFTER INSERT ON chunks BEGIN
  INSERT INTO chunk_words (rowid, text) VALUES (new.seq, new.text);
END;
CREATE TRIGGER chunks_forget_words AFTER DELETE ON chunks BEGIN
  INSERT INTO chunk_words (chunk_words, rowid, text) VALUES ('delete', old.seq, old.text);
END;

-- Entries whose chunks are to be cleared away.
CREATE TABLE chunk_waste (entry INTEGER PRIMARY KEY);
CREATE TRIGGER store_files_leave_waste AFTER DELETE ON store_files BEGIN
  INSERT OR IGNORE INTO chunk_waste (entry) VALUES (old.seq);
END;
