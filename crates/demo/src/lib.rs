//! An embedded demo cluster that speaks enough of the VictoriaMetrics HTTP API, and fails on order.
