"""What every figure is drawn with: colours, type, sizes of text, axes, forests, files."""
