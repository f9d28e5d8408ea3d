use std::fs;

/// `utime` and `stime` of `/proc/PID/stat` are in units of 1/100 s on every Linux port that Rust supports.
const TICKS_PER_SECOND: f64 = 100.0;

/// User and system time that a process has used so far, in seconds; `None` when there is no such process.
pub fn cpu_seconds(pid: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program name in parentheses may hold spaces; utime and stime are fields 14 and 15 of the whole line.
    let (_, fields) = stat.rsplit_once(')')?;
    let fields = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = fields
        .map(|field| field.parse::<u64>().unwrap_or_default())
        .sum();
    Some(ticks as f64 / TICKS_PER_SECOND)
}

/// The highest resident set size of a process so far, in bytes; `None` when there is no such process or it has ended.
///
/// It is that of the program that runs now: what `wait4` tells of a child includes the memory of the parent that forked it.
pub fn peak_rss(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}
