"""What an audience would be before it is one: counted over a picture of everybody, beside the facts."""
