//! Load from outside: `wrk` for whole answers, the mock's own program for streams.

use crate::peer::{Bench, Gateway};
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::process::Command;

/// What is asked of a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// Whole answers, 64 connections.
    Plain,
    /// Streams of 24 events, one after the other.
    OneStream,
    /// The same on 64 connections.
    Streams,
}

/// What one run has shown.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// Requests a second.
    pub rate: f64,
    /// Half of the requests took at most so many milliseconds.
    pub p50_ms: f64,
    /// All but one of a hundred.
    pub p99_ms: f64,
    /// Microseconds of the gateway's CPU for each request.
    pub cpu_us: f64,
    /// Requests that were not answered with success.
    pub failed: u64,
}

impl Load {
    /// Asks for so many seconds.
    pub fn run(self, bench: &Bench, gateway: &Gateway, seconds: u64) -> Result<Point> {
        let before = gateway.cpu_s();
        let told = match self {
            Load::Plain => whole(bench, gateway, seconds)?,
            Load::OneStream => streams(bench, gateway, (1, seconds))?,
            Load::Streams => streams(bench, gateway, (64, seconds))?,
        };
        let spent = gateway.cpu_s().zip(before).map(|(now, then)| now - then);
        let number = |name: &str| {
            let value = told[name].as_f64();
            value.with_context(|| format!("the load says no `{name}`: {told}"))
        };
        let done = number("n")?.max(1.0);
        let failed = told["non2xx"].as_u64().or(told["err"].as_u64());
        Ok(Point {
            rate: number("rps")?,
            p50_ms: number("p50")? / 1_000.0,
            p99_ms: number("p99")? / 1_000.0,
            cpu_us: spent.unwrap_or(f64::NAN) * 1e6 / done,
            failed: failed.unwrap_or(0),
        })
    }
}

impl Point {
    /// The middle one by its rate.
    pub fn median(mut points: Vec<Point>) -> Option<Point> {
        points.sort_by(|one, other| one.rate.total_cmp(&other.rate));
        points.get(points.len() / 2).copied()
    }
}

fn whole(bench: &Bench, gateway: &Gateway, seconds: u64) -> Result<Value> {
    let mut wrk = Command::new("wrk");
    wrk.args(["-t1", "-c64", &format!("-d{seconds}s"), "--timeout", "30s"])
        .args([
            "-s",
            "post.lua",
            &format!("http://{}{}", gateway.address, gateway.path),
        ])
        .env("BODY", format!("{}.json", gateway.body))
        .env("HDRS", gateway.headers.join("|"))
        .current_dir(&bench.folder);
    let said = said(&mut wrk)?;
    let line = said.lines().find_map(|line| line.strip_prefix("JSON "));
    Ok(serde_json::from_str(line.context("wrk says no figures")?)?)
}

fn streams(bench: &Bench, gateway: &Gateway, (connections, seconds): (u32, u64)) -> Result<Value> {
    let mut load = Command::new(bench.program("sseload"));
    load.args([&gateway.address, gateway.path])
        .args([connections.to_string(), seconds.to_string()])
        .arg(format!("{}_stream.json", gateway.body))
        .args(&gateway.headers)
        .current_dir(&bench.folder);
    Ok(serde_json::from_str(&said(&mut load)?)?)
}

/// What a program prints; its complaint as an error.
pub fn said(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output();
    let output = output.with_context(|| format!("cannot run `{program}`; is it installed?"))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{program}` fails: {complaint}");
    Ok(String::from_utf8(output.stdout)?)
}
