-- From version 2 to 3: what runs have used, and budgets.

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
  least_tokens INTEGER,                  -- NULL: no turn is being played
  PRIMARY KEY (day, run_id)
) WITHOUT ROWID;
CREATE INDEX usage_by_run ON usage(run_id);

-- What was added to a day's budget.
CREATE TABLE budget_raises (
  day TEXT PRIMARY KEY,
  usd REAL NOT NULL DEFAULT 0,
  tokens INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

INSERT INTO usage (day, run_id, thread_id, model, used_at, prompt_tokens, cached_tokens, completion_tokens, told_usd,
  turns, turns_without_tokens, turns_without_cost, held_usd, held_tokens)
SELECT date(created_at, 'unixepoch', 'localtime'), id, thread_id, coalesce(json_extract(body, '$.model'), ''), created_at,
  coalesce(json_extract(body, '$.usage.prompt_tokens'), 0),
  coalesce(json_extract(body, '$.usage.prompt_token_details.cached_tokens'), 0),
  coalesce(json_extract(body, '$.usage.completion_tokens'), 0),
  json_extract(body, '$.usage.cost_usd'),
  1, 0, json_extract(body, '$.usage.cost_usd') IS NULL,
  coalesce(json_extract(body, '$.usage.cost_usd'), 0),
  coalesce(json_extract(body, '$.usage.total_tokens'), 0)
FROM runs
WHERE status IN ('completed', 'incomplete', 'failed', 'cancelled', 'expired')
  AND json_extract(body, '$.usage.total_tokens') IS NOT NULL;
