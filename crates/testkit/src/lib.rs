//! Real VictoriaMetrics servers and hostile networks for the tests.
