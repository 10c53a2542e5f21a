-- The engine's memory. Objects of the API are kept as JSON in `body`, just as they go over the wire; columns beside
-- it are what a query needs. `seq` is the order of insertion: the cursor of every list, since `created_at` is in
-- seconds and ties are common. `private` is what the engine knows and the wire does not show.

-- Engines that execute runs: the lease. A run of an owner that is dead is recovered, one of a living owner left alone.
CREATE TABLE owners (
  id TEXT PRIMARY KEY,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  pid_started TEXT,              -- the process's start time in the kernel's words; NULL where there is none to be had
  heartbeat_at REAL NOT NULL     -- Unix seconds
);

CREATE TABLE assistants (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  private TEXT NOT NULL DEFAULT '{}',
  body TEXT NOT NULL
);

-- The activity of an imported thread that nobody has continued is negative and follows from its times.
CREATE TABLE threads (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  activity INTEGER NOT NULL,        -- counts up over all threads: the order by last activity, free of ties
  last_active_at INTEGER NOT NULL,
  preview TEXT,                     -- the beginning of the first user message
  latest_run_id TEXT,
  latest_run_status TEXT,
  body TEXT NOT NULL
);
CREATE UNIQUE INDEX threads_by_activity ON threads(activity);
-- Where conversations that were imported come from: the same one is not written down twice.
CREATE INDEX threads_by_origin ON threads(json_extract(body, '$.metadata.imported_from'));

CREATE TABLE messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  thread_id TEXT NOT NULL REFERENCES threads(id) ON DELETE CASCADE,
  run_id TEXT,
  role TEXT NOT NULL,
  status TEXT NOT NULL,             -- while in_progress the text is in run_events, not in the body
  created_at INTEGER NOT NULL,
  turn INTEGER NOT NULL DEFAULT 0,  -- which model turn of its run wrote it
  body TEXT NOT NULL
);
CREATE INDEX messages_by_thread ON messages(thread_id, seq);
CREATE INDEX messages_by_run ON messages(run_id, seq) WHERE run_id IS NOT NULL;
CREATE INDEX messages_by_time ON messages(created_at);
CREATE INDEX messages_with_files ON messages(seq) WHERE instr(body, '"attachments":[{') > 0;

-- Messages that were copied into another thread, each with the first message of which it is a copy: what two branches of
-- a conversation share. It names that message also after it was deleted.
CREATE TABLE copies (
  id TEXT PRIMARY KEY REFERENCES messages(id) ON DELETE CASCADE,
  origin TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX threads_by_family ON threads(json_extract(body, '$.metadata."aimltui.family"'));

-- Words of messages (rowid = messages.seq) and of thread titles (rowid = -threads.seq).
-- The beginnings of words are indexed, too: a search runs at each letter that is typed.
CREATE VIRTUAL TABLE words USING fts5(text, thread_id UNINDEXED, tokenize = 'porter unicode61', prefix = '2 3 4 5');
CREATE TRIGGER messages_forget_words AFTER DELETE ON messages BEGIN
  DELETE FROM words WHERE rowid = old.seq;
END;
CREATE TRIGGER threads_forget_words AFTER DELETE ON threads BEGIN
  DELETE FROM words WHERE rowid = -old.seq;
END;

CREATE TABLE runs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  thread_id TEXT NOT NULL REFERENCES threads(id) ON DELETE CASCADE,
  status TEXT NOT NULL,
  owner TEXT,                       -- who executes it; NULL while it waits for tool outputs, and once it is over
  expires_at INTEGER,
  ended_at REAL,
  created_at INTEGER NOT NULL,
  private TEXT NOT NULL DEFAULT '{}',
  body TEXT NOT NULL
);
CREATE INDEX runs_by_thread ON runs(thread_id, seq);
-- Who answered in a thread.
CREATE INDEX runs_by_name ON runs(
  thread_id, lower(json_extract(body, '$.model')), lower(json_extract(body, '$.assistant_name'))
);
-- At most one active run a thread: the lock itself, whoever races for it.
CREATE UNIQUE INDEX one_active_run ON runs(thread_id)
  WHERE status IN ('queued', 'in_progress', 'requires_action', 'cancelling');
CREATE INDEX runs_with_events ON runs(ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE run_steps (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  thread_id TEXT NOT NULL,
  type TEXT NOT NULL,
  status TEXT NOT NULL,
  after_message INTEGER NOT NULL,   -- the thread's newest messages.seq when the step began: its place in the talk
  turn INTEGER NOT NULL DEFAULT 0,
  private TEXT NOT NULL DEFAULT '{}',
  body TEXT NOT NULL
);
CREATE INDEX steps_by_run ON run_steps(run_id, seq);
CREATE INDEX steps_by_thread ON run_steps(thread_id, seq) WHERE type = 'tool_calls';

-- What is found by words besides `words`: of tool calls their code, arguments and outputs (rowid = 2 * run_steps.seq), and
-- messages in scripts without spaces (rowid = 2 * messages.seq + 1), whose pairs of characters are in `extra`.
CREATE VIRTUAL TABLE more_words USING fts5(
  text, extra, tokenize = "porter unicode61 remove_diacritics 2 categories 'L* N* Co Mc Mn'", prefix = '1 2 3 4 5'
);
CREATE TRIGGER messages_forget_more_words AFTER DELETE ON messages BEGIN
  DELETE FROM more_words WHERE rowid = 2 * old.seq + 1;
END;
CREATE TRIGGER steps_forget_words AFTER DELETE ON run_steps BEGIN
  DELETE FROM more_words WHERE rowid = 2 * old.seq;
END;
-- Rows up to this one may lack words, which are indexed in the background.
CREATE TABLE not_indexed (kind TEXT PRIMARY KEY, upto INTEGER NOT NULL) WITHOUT ROWID;

-- What a run's stream said. Neighbouring deltas of one object share a row: `pieces` holds them one by one, so that a
-- reader can resume between any two; their indices are first_idx to idx. Other rows hold the whole object.
CREATE TABLE run_events (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  idx INTEGER NOT NULL,
  first_idx INTEGER NOT NULL,
  name TEXT NOT NULL,
  object_id TEXT,
  pieces TEXT,
  body TEXT,
  PRIMARY KEY (run_id, idx)
) WITHOUT ROWID;

-- What was made for requests that are not stored, and by which engine. It is deleted by that engine, or once that engine is
-- dead.
CREATE TABLE unstored (
  id TEXT PRIMARY KEY,  -- of a thread or a file
  owner TEXT NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER threads_forget_unstored AFTER DELETE ON threads BEGIN
  DELETE FROM unstored WHERE id = old.id;
END;

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
CREATE TRIGGER files_forget_unstored AFTER DELETE ON files BEGIN
  DELETE FROM unstored WHERE id = old.id;
END;
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
, embedder TEXT);                     -- the engine that computes its vectors; NULL: none does

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
, place TEXT NOT NULL DEFAULT '', context TEXT NOT NULL DEFAULT '', scope TEXT NOT NULL DEFAULT '', extra TEXT, places TEXT NOT NULL DEFAULT '');
-- `context` tells where a passage is (file, headings, page), and is searched, but never quoted; `scope` is a word for the
-- vector store, `extra` are further words by which a passage is found. It is NULL until the passage is in the index.
CREATE INDEX chunks_by_entry ON chunks(entry, position);
CREATE INDEX chunks_without_words ON chunks(seq) WHERE extra IS NULL;
CREATE VIRTUAL TABLE chunk_words USING fts5(
  text, context, extra, scope, content = 'chunks', content_rowid = 'seq',
  tokenize = "porter unicode61 remove_diacritics 2 categories 'L* N* Co Mc Mn'"
);
CREATE TRIGGER chunks_learn_words AFTER INSERT ON chunks WHEN new.extra IS NOT NULL BEGIN
  INSERT INTO chunk_words (rowid, text, context, extra, scope)
  VALUES (new.seq, new.text, new.context, new.extra, new.scope);
END;
CREATE TRIGGER chunks_learn_words_later AFTER UPDATE OF extra ON chunks
WHEN old.extra IS NULL AND new.extra IS NOT NULL BEGIN
  INSERT INTO chunk_words (rowid, text, context, extra, scope)
  VALUES (new.seq, new.text, new.context, new.extra, new.scope);
END;
CREATE TRIGGER chunks_forget_words AFTER DELETE ON chunks WHEN old.extra IS NOT NULL BEGIN
  INSERT INTO chunk_words (chunk_words, rowid, text, context, extra, scope)
  VALUES ('delete', old.seq, old.text, old.context, old.extra, old.scope);
END;

-- The meaning of chunks (`seq` is chunks.seq) as vectors, where the user has agreed that an endpoint computes them: the
-- signs of the numbers, one bit each, by which most chunks are ruled out, and the numbers as signed bytes.
CREATE TABLE chunk_vectors (
  seq INTEGER PRIMARY KEY,
  entry INTEGER NOT NULL,
  signs BLOB NOT NULL,
  numbers BLOB NOT NULL
);
CREATE INDEX chunk_vectors_by_entry ON chunk_vectors(entry, signs);
CREATE TRIGGER chunks_forget_vectors AFTER DELETE ON chunks BEGIN
  DELETE FROM chunk_vectors WHERE seq = old.seq;
END;

-- Entries whose chunks are to be cleared away.
CREATE TABLE chunk_waste (entry INTEGER PRIMARY KEY);
CREATE TRIGGER store_files_leave_waste AFTER DELETE ON store_files BEGIN
  INSERT OR IGNORE INTO chunk_waste (entry) VALUES (old.seq);
END;

-- What runs have used, a row for each run and day of this machine's calendar. The rows outlive their runs and threads,
-- and hold nothing that anybody has said. They are written before a model is asked and after it has answered.
CREATE TABLE usage (
  day TEXT NOT NULL,                     -- 2026-11-22
  run_id TEXT NOT NULL,
  thread_id TEXT NOT NULL,
  model TEXT NOT NULL,
  connection TEXT NOT NULL DEFAULT '',
  used_at INTEGER NOT NULL,              -- Unix seconds
  prompt_tokens INTEGER NOT NULL DEFAULT 0,
  cached_tokens INTEGER NOT NULL DEFAULT 0,
  completion_tokens INTEGER NOT NULL DEFAULT 0,
  told_usd REAL,                         -- the provider's own word; NULL: it said nothing
  computed_usd REAL,                     -- from list prices, for turns of which it did not
  turns INTEGER NOT NULL DEFAULT 0,
  turns_without_tokens INTEGER NOT NULL DEFAULT 0,
  turns_without_cost INTEGER NOT NULL DEFAULT 0,
  unheld_turns INTEGER NOT NULL DEFAULT 0,  -- of those, the ones whose cost cannot be estimated either
  held_usd REAL NOT NULL DEFAULT 0,      -- what budgets count: with estimates
  held_tokens INTEGER NOT NULL DEFAULT 0,
  open_usd REAL NOT NULL DEFAULT 0,      -- set aside for the turn that is being played
  open_tokens INTEGER NOT NULL DEFAULT 0,
  least_usd REAL,                        -- what that turn costs at the least; NULL: its price is unknown
  least_tokens INTEGER, client TEXT NOT NULL DEFAULT '',                  -- NULL: no turn is being played
  PRIMARY KEY (day, run_id)
) WITHOUT ROWID;
-- `client` is a client of the server, by the name of its token; empty for this program and for clients without one.
CREATE INDEX usage_by_run ON usage(run_id);

-- What was added to a day's budget.
CREATE TABLE budget_raises (
  day TEXT PRIMARY KEY,
  usd REAL NOT NULL DEFAULT 0,
  tokens INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
