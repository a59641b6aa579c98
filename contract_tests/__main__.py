"""``python -m contract_tests SLUG --url BASE_URL``."""

from contract_tests.verify.command import main

if __name__ == "__main__":
    main()
