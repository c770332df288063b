"""Starting and stopping a city: cluster, schema, supervisor, doctor."""
