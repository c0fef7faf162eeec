"""The log-density of a layout as the sampler sees it: kernel, programs, coordinates, draws."""
