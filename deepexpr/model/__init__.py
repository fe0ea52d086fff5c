"""The network: architecture from a frozen config, training in two steps, bundles, prediction."""
