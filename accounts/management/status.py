"""What the exit status of our commands means; 0 is done."""

FAILED = 1  # rows or checks failed, named on standard error
WRONG_USE = 2
