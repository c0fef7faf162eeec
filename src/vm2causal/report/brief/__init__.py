"""The brief: what it says (`blocks`), and the two forms it takes (`html`, `pdf`)."""
