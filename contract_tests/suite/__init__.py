"""The suite that judges a target: harness, behaviour checks, clause tests of the vendors, and `mockserver verify`."""
