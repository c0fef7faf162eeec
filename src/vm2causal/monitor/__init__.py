"""The published cohorts of the VM2 monitor: data, model, effects and calibration."""
