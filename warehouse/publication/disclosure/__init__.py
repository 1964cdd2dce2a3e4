"""What no reader of the public tier may work out: the attacker, and what is hidden from it."""
