"""How many workers, and at what price: a model of queue, pods and KEDA, of measured seconds."""
