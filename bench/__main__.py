"""`make bench`: every figure of one run, as a ratio where a ratio says more; `ONLY="weight submit"` picks."""

import importlib
import signal
import sys

from bench import arena

PARTS = (
    *("weight", "lighthouse", "statements", "submit"),
    *("tallies", "absorbing", "retention", "coverage", "backtest", "imports", "api", "exports", "health"),
    *("mail", "mail_race", "mail_killed"),
    *("scanners", "contract", "pages"),
)


def main() -> None:
    # Asked to stop, it takes its web servers and databases along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    chosen = sys.argv[1:] or PARTS
    with arena.database():
        print(f"{'what':<58}{'measured':>12}   target")
        for name in chosen:
            for what, value, target in importlib.import_module(f"bench.{name}").run():
                print(f"{what:<58}{value:>12}   {target}", flush=True)


if __name__ == "__main__":
    main()
