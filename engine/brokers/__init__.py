"""The venues orders go to. Each speaks `engine.model.Broker`."""
