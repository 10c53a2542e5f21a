-- From version 7 to 8: branches of a conversation.
CREATE TABLE copies (
  id TEXT PRIMARY KEY REFERENCES messages(id) ON DELETE CASCADE,
  origin TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX threads_by_family ON threads(json_extract(body, '$.metadata."aimltui.family"'));
