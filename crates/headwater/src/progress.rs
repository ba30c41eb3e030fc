//! Progress bars on a terminal's standard error; silence elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// One bar per step, finished ones stay on the screen.
pub struct Bars {
    step: String,
    bar: ProgressBar,
    silent: bool,
}

impl Bars {
    /// `silent` draws nothing at all, as for `--json`.
    pub fn new(silent: bool) -> Self {
        Self {
            step: String::new(),
            bar: ProgressBar::hidden(),
            silent,
        }
    }

    /// Shows how far a step is.
    pub fn show(&mut self, step: &str, done: u64, total: u64) {
        if self.silent {
            return;
        }
        if step != self.step {
            self.finish();
            let target = ProgressDrawTarget::stderr();
            self.bar = ProgressBar::with_draw_target(Some(total), target).with_style(style());
            self.bar.set_message(step.to_owned());
            self.step = step.to_owned();
        }
        self.bar.set_length(total);
        self.bar.set_position(done);
        if done == total {
            self.bar.tick();
        }
    }

    /// Leaves the last bar as it is and goes to a new line.
    pub fn finish(&mut self) {
        if !self.step.is_empty() {
            self.bar.abandon();
            self.step.clear();
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("  {msg:44} {bar:28} {human_pos:>9} / {human_len:<9}")
        .expect("the template is right")
        .progress_chars("█▉▊▋▌▍▎▏░")
}
