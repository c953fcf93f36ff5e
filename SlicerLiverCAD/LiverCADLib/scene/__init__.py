"""What happens in the scene: logic on MRML nodes, without Qt."""
