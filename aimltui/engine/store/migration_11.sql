-- From version 10 to 11: an index of the beginnings of words, and indexes for the filters of a search; see schema.sql. The
-- words of the newest 3,000 messages and steps are copied, older ones are indexed in the background, as are those that the
-- older index lacks.
INSERT OR REPLACE INTO not_indexed SELECT 'messages', max(upto) FROM (
  SELECT upto FROM not_indexed WHERE kind = 'messages' UNION ALL SELECT max(seq) - 3000 FROM messages
) HAVING max(upto) > 0;
INSERT OR REPLACE INTO not_indexed SELECT 'run_steps', max(upto) FROM (
  SELECT upto FROM not_indexed WHERE kind = 'run_steps' UNION ALL SELECT max(seq) - 3000 FROM run_steps
) HAVING max(upto) > 0;

DROP TRIGGER messages_forget_words;
DROP TRIGGER threads_forget_words;
DROP TRIGGER messages_forget_more_words;
DROP TRIGGER steps_forget_words;
ALTER TABLE words RENAME TO older_words;
ALTER TABLE more_words RENAME TO older_more_words;

CREATE VIRTUAL TABLE words USING fts5(text, thread_id UNINDEXED, tokenize = 'porter unicode61', prefix = '2 3 4 5');
INSERT INTO words (rowid, text, thread_id) SELECT rowid, text, thread_id FROM older_words WHERE rowid < 0 ORDER BY rowid;
-- of the newest those too that the older index has whole: without files, and without pairs of characters
INSERT INTO words (rowid, text, thread_id) SELECT w.rowid, w.text, w.thread_id FROM older_words w
  JOIN messages m ON m.seq = w.rowid
  WHERE w.rowid > coalesce((SELECT upto FROM not_indexed WHERE kind = 'messages'), 0) OR (
    w.rowid > (SELECT max(seq) FROM messages) - 3000
    AND length(m.body) = length(CAST(m.body AS BLOB)) AND instr(m.body, '"attachments":[{') = 0
  ) ORDER BY w.rowid;
CREATE VIRTUAL TABLE more_words USING fts5(
  text, extra, tokenize = "porter unicode61 remove_diacritics 2 categories 'L* N* Co Mc Mn'", prefix = '1 2 3 4 5'
);
INSERT INTO more_words (rowid, text, extra) SELECT rowid, text, extra FROM older_more_words
  WHERE rowid / 2 > coalesce(
    (SELECT upto FROM not_indexed WHERE kind = iif(older_more_words.rowid % 2, 'messages', 'run_steps')), 0
  ) ORDER BY rowid;
DROP TABLE older_words;
DROP TABLE older_more_words;

CREATE TRIGGER messages_forget_words AFTER DELETE ON messages BEGIN
  DELETE FROM words WHERE rowid = old.seq;
END;
CREATE TRIGGER threads_forget_words AFTER DELETE ON threads BEGIN
  DELETE FROM words WHERE rowid = -old.seq;
END;
CREATE TRIGGER messages_forget_more_words AFTER DELETE ON messages BEGIN
  DELETE FROM more_words WHERE rowid = 2 * old.seq + 1;
END;
CREATE TRIGGER steps_forget_words AFTER DELETE ON run_steps BEGIN
  DELETE FROM more_words WHERE rowid = 2 * old.seq;
END;
CREATE INDEX messages_by_time ON messages(created_at);
CREATE INDEX messages_with_files ON messages(seq) WHERE instr(body, '"attachments":[{') > 0;
CREATE INDEX runs_by_name ON runs(
  thread_id, lower(json_extract(body, '$.model')), lower(json_extract(body, '$.assistant_name'))
);
