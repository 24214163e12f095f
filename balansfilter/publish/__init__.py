"""Publishing: two lists, made beside the published ones and put in their place in one step."""
