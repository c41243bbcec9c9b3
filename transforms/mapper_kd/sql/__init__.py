"""What a database's expressions mean, by MySQL's rules; our own functions have simpler ones."""
