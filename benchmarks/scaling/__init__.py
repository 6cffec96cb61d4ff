"""What a collection costs on many machines, computed from parts that are measured."""
