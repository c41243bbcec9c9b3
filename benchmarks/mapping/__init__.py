"""The mapper alone: against msgspec's bare decode and encode, against Python written by hand, and a Qeasy scheme."""
