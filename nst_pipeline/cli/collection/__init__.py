"""Commands that work on a collection, the folder that `--data` or `NST_DATA` names."""
