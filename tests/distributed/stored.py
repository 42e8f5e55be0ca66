"""What is in the store, asked of PostgreSQL itself."""


def stored_ids(engines, store):
    """The ids of all meows, by their positions, which must be without a gap."""
    database = store.rsplit("/", 1)[1]
    rows = engines.postgresql.execute("SELECT position, meow_id FROM meower_events ORDER BY position",
                                      database=database).splitlines()
    events = [row.split("|") for row in rows]
    assert [int(position) for position, _ in events] == list(range(1, len(events) + 1)), "the positions have a gap"
    ids = [id for _, id in events]
    meows = engines.postgresql.execute("SELECT id FROM meows", database=database).splitlines()
    assert sorted(meows) == sorted(ids)
    return ids


def assert_right(violations):
    assert not violations, f"{len(violations)} violations, such as\n" + "\n".join(violations[:10])
