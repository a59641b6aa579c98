"""The state of a world: tables, records, snapshots, messages, fault rules and the store that holds worlds."""
