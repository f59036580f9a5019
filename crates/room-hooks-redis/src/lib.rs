//! Claims in Redis.
