//! Talks to VictoriaMetrics over HTTP.
