"""What a brief says, as a tree of blocks that every form of it lays out."""
