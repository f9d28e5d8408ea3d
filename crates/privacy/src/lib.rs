//! What is sensitive in a label and what it becomes.
