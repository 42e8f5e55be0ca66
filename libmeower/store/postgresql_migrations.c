/* postgresql_migrations.c - the tables of a PostgreSQL store, version by version. A version that was released is never
 * changed: what comes later is a further step.
 *
 * "meows" is the original system's table, which it may go on reading; our own begin with meower_. Ids are compared
 * bytewise whatever the collation of the database says: so are the index on "meows" and the columns of ours. A deleted
 * text is out of the tables at once; from the files it goes when the server cleans up (autovacuum, recycled log). */
#include "store/postgresql_schema.h"

/* meower_head has one row, which the HOT updates of every commit keep within its page (fillfactor). The index on
 * meower_events finds the greatest id, the position of an id that comes again, and the meows without an event. */
#define CREATE_TABLES                                                                                                  \
    "CREATE TABLE IF NOT EXISTS meows(id VARCHAR(32) PRIMARY KEY, body TEXT NOT NULL, "                                \
    "created_at TIMESTAMPTZ NOT NULL);"                                                                                \
    "CREATE INDEX meower_meows_id ON meows(id COLLATE \"C\");"                                                         \
    "CREATE TABLE meower_meta(name TEXT PRIMARY KEY, value TEXT NOT NULL);"                                            \
    "CREATE TABLE meower_head(only_row BOOLEAN PRIMARY KEY DEFAULT true CHECK (only_row), position BIGINT NOT NULL) "  \
    "WITH (fillfactor = 10);"                                                                                          \
    "INSERT INTO meower_head(position) VALUES (0);"                                                                    \
    "CREATE TABLE meower_events(position BIGINT PRIMARY KEY, kind SMALLINT NOT NULL, "                                 \
    "meow_id TEXT COLLATE \"C\" NOT NULL, at TIMESTAMPTZ NOT NULL);"                                                   \
    "CREATE INDEX meower_events_created ON meower_events(meow_id) WHERE kind = 1;"                                     \
    "CREATE TABLE meower_checkpoints(name TEXT COLLATE \"C\" PRIMARY KEY, position BIGINT NOT NULL);"                  \
    "CREATE TABLE meower_leases(name TEXT COLLATE \"C\" PRIMARY KEY, owner TEXT COLLATE \"C\" NOT NULL, "              \
    "expires_at TIMESTAMPTZ NOT NULL);"                                                                                \
    "CREATE TABLE meower_keys(key BYTEA PRIMARY KEY, fingerprint BIGINT NOT NULL, position BIGINT NOT NULL, "          \
    "expires_at TIMESTAMPTZ NOT NULL);"                                                                                \
    "CREATE INDEX meower_keys_expires_at ON meower_keys(expires_at);"

/* One operation of the kind POST: sets what became of it. A key that is known replays its meow. An id that exists is
 * the same post again when body and time are the same, and otherwise a conflict. In doubt (the batch may have been
 * stored before) a post whose meow is deleted since is known by its event, lest the meow come back. */
#define CREATE_POST                                                                                                    \
    "CREATE FUNCTION meower_post(INOUT head BIGINT, post_id TEXT, post_body TEXT, post_at TIMESTAMPTZ, "               \
    "post_key BYTEA, post_fingerprint BIGINT, key_expires TIMESTAMPTZ, in_doubt BOOLEAN, OUT status INTEGER, "         \
    "OUT replayed INTEGER, OUT stored_id TEXT, OUT stored_at TIMESTAMPTZ, OUT event_position BIGINT) "                 \
    "LANGUAGE plpgsql AS $$ "                                                                                          \
    "DECLARE known RECORD; "                                                                                           \
    "BEGIN "                                                                                                           \
    "status := 0; replayed := 0; stored_id := post_id; stored_at := post_at; event_position := 0; "                    \
    "IF post_key IS NOT NULL THEN "                                                                                    \
    "  SELECT k.fingerprint, e.position, e.meow_id, e.at INTO known "                                                  \
    "    FROM meower_keys k JOIN meower_events e USING (position) WHERE k.key = post_key AND k.expires_at > post_at; " \
    "  IF FOUND AND known.fingerprint <> post_fingerprint THEN "                                                       \
    "    status := -4; stored_id := ''; RETURN; "                                                                      \
    "  ELSIF FOUND THEN "                                                                                              \
    "    replayed := 1; stored_id := known.meow_id; stored_at := known.at; event_position := known.position; RETURN; " \
    "  END IF; "                                                                                                       \
    "END IF; "                                                                                                         \
    "SELECT m.body, coalesce(m.created_at, e.at) AS at, e.position INTO known "                                        \
    "  FROM (SELECT * FROM meower_events WHERE kind = 1 AND meow_id = post_id ORDER BY position DESC LIMIT 1) e "      \
    "  FULL JOIN (SELECT * FROM meows WHERE id COLLATE \"C\" = post_id) m ON true; "                                   \
    "IF known.body IS NULL AND (NOT in_doubt OR known.at IS DISTINCT FROM post_at) THEN "                              \
    "  INSERT INTO meows(id, body, created_at) VALUES (post_id, post_body, post_at); "                                 \
    "  head := head + 1; event_position := head; "                                                                     \
    "  INSERT INTO meower_events(position, kind, meow_id, at) VALUES (head, 1, post_id, post_at); "                    \
    "  IF post_key IS NOT NULL THEN "                                                                                  \
    "    INSERT INTO meower_keys AS k VALUES (post_key, post_fingerprint, head, key_expires) ON CONFLICT (key) "       \
    "      DO UPDATE SET fingerprint = excluded.fingerprint, position = excluded.position, "                           \
    "      expires_at = excluded.expires_at; "                                                                         \
    "  END IF; "                                                                                                       \
    "ELSIF known.at = post_at AND coalesce(known.body, post_body) = post_body AND known.position IS NOT NULL THEN "    \
    "  replayed := 1; event_position := known.position; "                                                              \
    "ELSE "                                                                                                            \
    "  status := -4; stored_at := known.at; "                                                                          \
    "END IF; "                                                                                                         \
    "END $$;"

/* A whole batch of any operations: text1 is the id or the name, text2 the body or the owner. The head row is locked
 * before anything is looked at, so that what is looked at stays. Leases go by the server's clock. Numbers of kinds and
 * states are those of meower/backend.h and base.h. */
#define CREATE_APPEND                                                                                                  \
    "CREATE FUNCTION meower_append(kinds INTEGER[], texts1 TEXT[], texts2 TEXT[], times TIMESTAMPTZ[], "               \
    "expiries TIMESTAMPTZ[], keys BYTEA[], fingerprints BIGINT[], positions BIGINT[], in_doubt BOOLEAN) "              \
    "RETURNS TABLE (status INTEGER, replayed INTEGER, stored_id TEXT, stored_at TIMESTAMPTZ, event_position BIGINT) "  \
    "LANGUAGE plpgsql AS $$ "                                                                                          \
    "DECLARE before BIGINT; head BIGINT; latest TIMESTAMPTZ; operation RECORD; "                                       \
    "BEGIN "                                                                                                           \
    "SELECT h.position INTO STRICT before FROM meower_head h FOR UPDATE; "                                             \
    "head := before; "                                                                                                 \
    "FOR operation IN SELECT * FROM unnest(kinds, texts1, texts2, times, expiries, keys, fingerprints, positions) "    \
    "  AS o(kind, text1, text2, at, expires, key, fingerprint, position) LOOP "                                        \
    "  status := 0; replayed := 0; stored_id := ''; stored_at := operation.at; event_position := 0; "                  \
    "  IF operation.kind = 1 THEN "                                                                                    \
    "    SELECT p.* INTO head, status, replayed, stored_id, stored_at, event_position "                                \
    "      FROM meower_post(head, operation.text1, operation.text2, operation.at, operation.key, "                     \
    "      operation.fingerprint, operation.expires, in_doubt) p; "                                                    \
    "    IF operation.key IS NOT NULL THEN latest := operation.at; END IF; "                                           \
    "  ELSIF operation.kind = 2 THEN "                                                                                 \
    "    DELETE FROM meows m WHERE m.id = operation.text1; "                                                           \
    "    IF FOUND THEN "                                                                                               \
    "      head := head + 1; event_position := head; "                                                                 \
    "      INSERT INTO meower_events VALUES (head, 2, operation.text1, operation.at); "                                \
    "    ELSE "                                                                                                        \
    "      status := -3; "                                                                                             \
    "    END IF; "                                                                                                     \
    "  ELSIF operation.kind = 3 THEN "                                                                                 \
    "    INSERT INTO meower_checkpoints VALUES (operation.text1, operation.position) "                                 \
    "      ON CONFLICT (name) DO UPDATE SET position = excluded.position; "                                            \
    "  ELSE "                                                                                                          \
    "    INSERT INTO meower_leases AS l "                                                                              \
    "      VALUES (operation.text1, operation.text2, now() + (operation.expires - operation.at)) "                     \
    "      ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at "                 \
    "      WHERE l.owner = excluded.owner OR l.expires_at <= now(); "                                                  \
    "    IF NOT FOUND THEN status := -10; END IF; "                                                                    \
    "  END IF; "                                                                                                       \
    "  RETURN NEXT; "                                                                                                  \
    "END LOOP; "                                                                                                       \
    "IF head > before THEN UPDATE meower_head h SET position = head; END IF; "                                         \
    "IF latest IS NOT NULL THEN " /* a bite larger than what the batch added: expired keys cannot pile up */           \
    "  DELETE FROM meower_keys WHERE key = ANY (ARRAY(SELECT k.key FROM meower_keys k WHERE k.expires_at <= latest "   \
    "    ORDER BY k.expires_at LIMIT cardinality(kinds) + 16)); "                                                      \
    "END IF; "                                                                                                         \
    "END $$;"

/* ---- version 2: ids rise with positions ------------------------------------------------------------------------- */

/* The functions of version 1 stay for processes that were started before and still run. */
#define KEEP_NEWEST "ALTER TABLE meower_head ADD COLUMN newest_id TEXT COLLATE \"C\" NOT NULL DEFAULT ''"

/* One operation of the kind POST: sets what became of it. A key that is known replays its meow. In doubt (the batch may
 * have been stored before) a post whose event is there is that one again, also when its meow is deleted since. Any
 * other post has an id above the newest one, or the whole batch is refused with a state of our own (class MW). */
#define CREATE_ORDERED_POST                                                                                            \
    "CREATE FUNCTION meower_post_in_order(INOUT head BIGINT, INOUT newest TEXT, post_id TEXT, post_body TEXT, "        \
    "post_at TIMESTAMPTZ, post_key BYTEA, post_fingerprint BIGINT, key_expires TIMESTAMPTZ, in_doubt BOOLEAN, "        \
    "OUT status INTEGER, OUT replayed INTEGER, OUT stored_id TEXT, OUT stored_at TIMESTAMPTZ, "                        \
    "OUT event_position BIGINT) LANGUAGE plpgsql AS $$ "                                                               \
    "DECLARE known RECORD; "                                                                                           \
    "BEGIN "                                                                                                           \
    "status := 0; replayed := 0; stored_id := post_id; stored_at := post_at; event_position := 0; "                    \
    "IF post_key IS NOT NULL THEN "                                                                                    \
    "  SELECT k.fingerprint, e.position, e.meow_id, e.at INTO known "                                                  \
    "    FROM meower_keys k JOIN meower_events e USING (position) WHERE k.key = post_key AND k.expires_at > post_at; " \
    "  IF FOUND AND known.fingerprint <> post_fingerprint THEN "                                                       \
    "    status := -4; stored_id := ''; RETURN; "                                                                      \
    "  ELSIF FOUND THEN "                                                                                              \
    "    replayed := 1; stored_id := known.meow_id; stored_at := known.at; event_position := known.position; RETURN; " \
    "  END IF; "                                                                                                       \
    "END IF; "                                                                                                         \
    "IF in_doubt THEN "                                                                                                \
    "  SELECT e.position INTO known FROM meower_events e WHERE e.kind = 1 AND e.meow_id = post_id AND e.at = "         \
    "post_at; "                                                                                                        \
    "  IF FOUND THEN replayed := 1; event_position := known.position; RETURN; END IF; "                                \
    "END IF; "                                                                                                         \
    "IF post_id COLLATE \"C\" <= newest COLLATE \"C\" THEN "                                                           \
    "  RAISE EXCEPTION 'an id is not above the newest one' USING ERRCODE = '" POSTGRESQL_ID_TOO_LOW "'; "              \
    "END IF; "                                                                                                         \
    "INSERT INTO meows(id, body, created_at) VALUES (post_id, post_body, post_at); "                                   \
    "head := head + 1; newest := post_id; event_position := head; "                                                    \
    "INSERT INTO meower_events(position, kind, meow_id, at) VALUES (head, 1, post_id, post_at); "                      \
    "IF post_key IS NOT NULL THEN "                                                                                    \
    "  INSERT INTO meower_keys AS k VALUES (post_key, post_fingerprint, head, key_expires) ON CONFLICT (key) "         \
    "    DO UPDATE SET fingerprint = excluded.fingerprint, position = excluded.position, "                             \
    "    expires_at = excluded.expires_at; "                                                                           \
    "END IF; "                                                                                                         \
    "END $$;"

/* As meower_append() of version 1, and keeps the newest id. */
#define CREATE_ORDERED_APPEND                                                                                          \
    "CREATE FUNCTION meower_append_in_order(kinds INTEGER[], texts1 TEXT[], texts2 TEXT[], times TIMESTAMPTZ[], "      \
    "expiries TIMESTAMPTZ[], keys BYTEA[], fingerprints BIGINT[], positions BIGINT[], in_doubt BOOLEAN) "              \
    "RETURNS TABLE (status INTEGER, replayed INTEGER, stored_id TEXT, stored_at TIMESTAMPTZ, event_position BIGINT) "  \
    "LANGUAGE plpgsql AS $$ "                                                                                          \
    "DECLARE before BIGINT; head BIGINT; newest TEXT; latest TIMESTAMPTZ; operation RECORD; "                          \
    "BEGIN "                                                                                                           \
    "SELECT h.position, h.newest_id INTO STRICT before, newest FROM meower_head h FOR UPDATE; "                        \
    "head := before; "                                                                                                 \
    "FOR operation IN SELECT * FROM unnest(kinds, texts1, texts2, times, expiries, keys, fingerprints, positions) "    \
    "  AS o(kind, text1, text2, at, expires, key, fingerprint, position) LOOP "                                        \
    "  status := 0; replayed := 0; stored_id := ''; stored_at := operation.at; event_position := 0; "                  \
    "  IF operation.kind = 1 THEN "                                                                                    \
    "    SELECT p.* INTO head, newest, status, replayed, stored_id, stored_at, event_position "                        \
    "      FROM meower_post_in_order(head, newest, operation.text1, operation.text2, operation.at, operation.key, "    \
    "      operation.fingerprint, operation.expires, in_doubt) p; "                                                    \
    "    IF operation.key IS NOT NULL THEN latest := operation.at; END IF; "                                           \
    "  ELSIF operation.kind = 2 THEN "                                                                                 \
    "    DELETE FROM meows m WHERE m.id = operation.text1; "                                                           \
    "    IF FOUND THEN "                                                                                               \
    "      head := head + 1; event_position := head; "                                                                 \
    "      INSERT INTO meower_events VALUES (head, 2, operation.text1, operation.at); "                                \
    "    ELSE "                                                                                                        \
    "      status := -3; "                                                                                             \
    "    END IF; "                                                                                                     \
    "  ELSIF operation.kind = 3 THEN "                                                                                 \
    "    INSERT INTO meower_checkpoints VALUES (operation.text1, operation.position) "                                 \
    "      ON CONFLICT (name) DO UPDATE SET position = excluded.position; "                                            \
    "  ELSE "                                                                                                          \
    "    INSERT INTO meower_leases AS l "                                                                              \
    "      VALUES (operation.text1, operation.text2, now() + (operation.expires - operation.at)) "                     \
    "      ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at "                 \
    "      WHERE l.owner = excluded.owner OR l.expires_at <= now(); "                                                  \
    "    IF NOT FOUND THEN status := -10; END IF; "                                                                    \
    "  END IF; "                                                                                                       \
    "  RETURN NEXT; "                                                                                                  \
    "END LOOP; "                                                                                                       \
    "IF head > before THEN UPDATE meower_head h SET position = head, newest_id = newest; END IF; "                     \
    "IF latest IS NOT NULL THEN "                                                                                      \
    "  DELETE FROM meower_keys WHERE key = ANY (ARRAY(SELECT k.key FROM meower_keys k WHERE k.expires_at <= latest "   \
    "    ORDER BY k.expires_at LIMIT cardinality(kinds) + 16)); "                                                      \
    "END IF; "                                                                                                         \
    "END $$;"

/* ---- version 3: labels ------------------------------------------------------------------------------------------ */

/* The key of the table is the order of a page of one label; the index finds the labels of a meow. */
#define CREATE_LABELS                                                                                                  \
    "CREATE TABLE meower_labels(key TEXT COLLATE \"C\" NOT NULL, value TEXT COLLATE \"C\" NOT NULL, "                  \
    "meow_id TEXT COLLATE \"C\" NOT NULL, PRIMARY KEY (key, value, meow_id));"                                         \
    "CREATE INDEX meower_labels_meow_id ON meower_labels(meow_id, key, value);"

/* Whoever deletes a meow deletes its labels: we, a process that was started before there were any, another program.
 * That one may have no right to our tables, so the function has its owner's. */
#define FORGET_LABELS                                                                                                  \
    "CREATE FUNCTION meower_forget_labels() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER "                        \
    "SET search_path FROM CURRENT AS $$ "                                                                              \
    "BEGIN DELETE FROM meower_labels WHERE meow_id = OLD.id COLLATE \"C\"; RETURN NULL; END $$;"                       \
    "CREATE TRIGGER meower_meows_deleted AFTER DELETE ON meows FOR EACH ROW EXECUTE FUNCTION meower_forget_labels();"

/* As meower_append_in_order(), and stores labels: one of each array is one of a post of the batch. A post that was
 * replayed, or is deleted by now, is not there under its id and gets none. */
#define CREATE_LABELLED_APPEND                                                                                         \
    "CREATE FUNCTION meower_append_with_labels(kinds INTEGER[], texts1 TEXT[], texts2 TEXT[], times TIMESTAMPTZ[], "   \
    "expiries TIMESTAMPTZ[], keys BYTEA[], fingerprints BIGINT[], positions BIGINT[], in_doubt BOOLEAN, "              \
    "label_ids TEXT[], label_keys TEXT[], label_values TEXT[]) "                                                       \
    "RETURNS TABLE (status INTEGER, replayed INTEGER, stored_id TEXT, stored_at TIMESTAMPTZ, event_position BIGINT) "  \
    "LANGUAGE plpgsql AS $$ "                                                                                          \
    "BEGIN "                                                                                                           \
    "RETURN QUERY SELECT * FROM meower_append_in_order(kinds, texts1, texts2, times, expiries, keys, fingerprints, "   \
    "  positions, in_doubt); "                                                                                         \
    "INSERT INTO meower_labels(key, value, meow_id) SELECT l.key, l.value, l.id "                                      \
    "  FROM unnest(label_ids, label_keys, label_values) AS l(id, key, value) "                                         \
    "  WHERE EXISTS (SELECT FROM meows m WHERE m.id COLLATE \"C\" = l.id) ON CONFLICT DO NOTHING; "                    \
    "END $$;"

/* The ids of the meows that carry what terms say, in the order of a list. It is a leapfrog join, as that of the SQLite
 * store: each key in turn seeks its next meow from where the last one has come to, until all have come to the same, so
 * that what is read is bounded by the rarest label. No id is between an id and the same one with a "!" behind it. */
#define CREATE_FILTER                                                                                                  \
    "CREATE FUNCTION meower_filter(term_keys TEXT[], term_values TEXT[], above TEXT, below TEXT, ascending BOOLEAN, "  \
    "skip BIGINT, take BIGINT) RETURNS SETOF TEXT LANGUAGE plpgsql STABLE AS $$ "                                      \
    "DECLARE keys TEXT[] := ARRAY(SELECT DISTINCT unnest(term_keys)); passed BIGINT := 0; "                            \
    "agreed INTEGER; turn INTEGER := 0; place TEXT; nearest TEXT; "                                                    \
    "BEGIN "                                                                                                           \
    "place := CASE WHEN ascending THEN above || '!' ELSE below END; "                                                  \
    "WHILE passed - skip < take LOOP "                                                                                 \
    "  agreed := 0; "                                                                                                  \
    "  WHILE agreed < cardinality(keys) LOOP "                                                                         \
    "    turn := turn % cardinality(keys) + 1; "                                                                       \
    "    IF ascending THEN "                                                                                           \
    "      SELECT min(next.id) INTO nearest FROM unnest(term_keys, term_values) AS t(key, value), LATERAL "            \
    "        (SELECT l.meow_id AS id FROM meower_labels l WHERE l.key = t.key AND l.value = t.value "                  \
    "        AND l.meow_id >= place ORDER BY l.meow_id LIMIT 1) next WHERE t.key = keys[turn]; "                       \
    "    ELSE "                                                                                                        \
    "      SELECT max(next.id) INTO nearest FROM unnest(term_keys, term_values) AS t(key, value), LATERAL "            \
    "        (SELECT l.meow_id AS id FROM meower_labels l WHERE l.key = t.key AND l.value = t.value "                  \
    "        AND l.meow_id < place ORDER BY l.meow_id DESC LIMIT 1) next WHERE t.key = keys[turn]; "                   \
    "    END IF; "                                                                                                     \
    "    IF nearest IS NULL OR (CASE WHEN ascending THEN nearest COLLATE \"C\" >= below "                              \
    "      ELSE nearest COLLATE \"C\" <= above END) THEN RETURN; END IF; "                                             \
    "    agreed := CASE WHEN agreed > 0 AND place = CASE WHEN ascending THEN nearest ELSE nearest || '!' END "         \
    "      THEN agreed + 1 ELSE 1 END; "                                                                               \
    "    place := CASE WHEN ascending THEN nearest ELSE nearest || '!' END; "                                          \
    "  END LOOP; "                                                                                                     \
    "  passed := passed + 1; "                                                                                         \
    "  IF passed > skip THEN RETURN NEXT nearest; END IF; "                                                            \
    "  place := CASE WHEN ascending THEN nearest || '!' ELSE nearest END; "                                            \
    "END LOOP; "                                                                                                       \
    "END $$;"

const char *const postgresql_migrations[][POSTGRESQL_MIGRATION_STEPS] = {
    {CREATE_TABLES, CREATE_POST, CREATE_APPEND},
    {KEEP_NEWEST, CREATE_ORDERED_POST, CREATE_ORDERED_APPEND},
    {CREATE_LABELS, FORGET_LABELS, CREATE_LABELLED_APPEND, CREATE_FILTER},
    {NULL},
};
