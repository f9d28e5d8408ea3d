//! The wire formats of VictoriaMetrics series data, without any I/O.
