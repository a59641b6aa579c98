"""``python -m contract_tests SLUG --url BASE_URL``."""

from .suite.verify.command import main

if __name__ == "__main__":
    main()
