"""Missing levels, summed over what they could have been."""
