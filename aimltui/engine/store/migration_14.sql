-- From version 13 to 14: the deltas of a message are found among those of its run. An index over all of them cost as much
-- as the deltas at each time that streamed text is stored.
DROP INDEX IF EXISTS events_by_object;
