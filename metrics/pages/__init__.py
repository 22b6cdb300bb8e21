"""The pages that show numbers, inside the admin: what is asked here is computed in `metrics.measures`."""
