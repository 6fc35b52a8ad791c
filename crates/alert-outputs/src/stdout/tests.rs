//! The standard output against a pipe that can be stuck.

use std::{
    io::{self, Write},
    sync::Arc,
};

use alert::{Alert, Uuid};
use alert_router::{
    Output as _, Queued,
    testing::{Answer, Target, alert, compliance},
};
use parking_lot::{Condvar, Mutex};

use super::*;

/// A pipe whose reader can stop.
#[derive(Clone, Default)]
struct Pipe(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    answer: Answer,
    text: String,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (state, changed) = &*self.0;
        let mut state = state.lock();
        while state.answer == Answer::Hang {
            changed.wait(&mut state);
        }
        if state.answer == Answer::Fail {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        state.text.push_str(std::str::from_utf8(bytes).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Target for Pipe {
    fn answer(&self, answer: Answer) {
        self.0.0.lock().answer = answer;
        self.0.1.notify_all();
    }

    fn poison(&self, _: Uuid) -> bool {
        false
    }

    fn delivered(&self) -> Vec<Uuid> {
        let text = self.0.0.lock().text.clone();
        text.lines().map(|line| Alert::parse_json(line.as_bytes(), None).unwrap().uuid).collect()
    }
}

#[tokio::test]
async fn it_passes_the_compliance_harness() {
    let pipe = Pipe::default();
    let make = || {
        let output = StdoutOutput::to_writer(&Config::default(), pipe.clone()).unwrap();
        Arc::new(output) as Arc<dyn alert_router::Output>
    };
    compliance(make, &pipe).await;
}

#[tokio::test]
async fn a_stuck_reader_gets_no_line_twice() {
    let pipe = Pipe::default();
    let output = StdoutOutput::to_writer(&Config::default(), pipe.clone()).unwrap();
    let batch = [1, 2].map(|position| Queued { position, alert: Arc::new(alert(position)) });
    pipe.answer(Answer::Hang);
    for _ in 0..3 {
        let given_up = tokio::time::timeout(std::time::Duration::from_millis(10), output.deliver(&batch));
        assert!(!given_up.await.is_ok_and(|result| result.is_ok()));
    }
    pipe.answer(Answer::Take);
    alert_router::testing::until("it is printed", || pipe.delivered().len() == 2).await;
    let mut result = output.deliver(&batch).await;
    while result.is_err() {
        tokio::task::yield_now().await;
        result = output.deliver(&batch).await;
    }
    assert_eq!(pipe.delivered(), [alert(1).uuid, alert(2).uuid]);
}

#[tokio::test]
async fn text_is_falcos_and_steers_no_terminal() {
    let pipe = Pipe::default();
    let output =
        StdoutOutput::to_writer(&Config { format: Format::Text, ..Config::default() }, pipe.clone()).unwrap();
    let mut hostile = alert(1);
    hostile.output = "12:00:00.0: Notice (name=\u{1b}[2Jx\ny\u{85}é)".into();
    output.deliver(&[Queued { position: 1, alert: Arc::new(hostile) }]).await.unwrap();
    let text = pipe.0.0.lock().text.clone();
    assert_eq!(text, "12:00:00.0: Notice (name=\\u{1b}[2Jx\\ny\\u{85}é)\n");
}
