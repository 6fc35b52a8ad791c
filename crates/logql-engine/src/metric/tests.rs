//! The windows against a naive computation.

use proptest::prelude::*;

use super::{
    accumulate::{Accumulate, Average, Finish, Maximum, Samples, Sum, Tally, Windows},
    steps::Steps,
};

const FINISH: Finish = Finish { range_ns: 1, per_second: false, quantile: 0.5, root: false, counter: false };

fn folded<A: Accumulate>(samples: &[(i64, f64)], steps: Steps, length: i64, offset: i64) -> Vec<Option<f64>> {
    let mut state = A::default();
    for (at, value) in samples {
        if let Some((first, last)) = steps.covering(*at, length, offset) {
            state.add(first, last, *at, *value);
        }
    }
    state.values(steps.count, &FINISH)
}

fn naive(
    samples: &[(i64, f64)],
    steps: Steps,
    length: i64,
    offset: i64,
    fold: fn(&[f64]) -> f64,
) -> Vec<Option<f64>> {
    (0..steps.count)
        .map(|step| {
            let end = steps.at(step) - offset;
            let inside: Vec<f64> = samples
                .iter()
                .filter(|(at, _)| end - length < *at && *at <= end)
                .map(|(_, value)| *value)
                .collect();
            (!inside.is_empty()).then(|| fold(&inside))
        })
        .collect()
}

proptest! {
    #[test]
    fn windows_hold_what_lies_in_them(
        samples in proptest::collection::vec((0i64..200, 0u8..9), 0..60),
        start in 0i64..100, step in 1i64..20, count in 1usize..12, length in 1i64..80, offset in -20i64..20,
    ) {
        let samples: Vec<(i64, f64)> = samples.into_iter().map(|(at, value)| (at, f64::from(value))).collect();
        let steps = Steps { start_ns: start, step_ns: step, count };
        let sum: fn(&[f64]) -> f64 = |values| values.iter().sum();
        let expected = naive(&samples, steps, length, offset, sum);
        prop_assert_eq!(&folded::<Tally>(&samples, steps, length, offset), &expected);
        prop_assert_eq!(&folded::<Windows<Sum>>(&samples, steps, length, offset), &expected);
        let expected = naive(&samples, steps, length, offset, |values| {
            values.iter().sum::<f64>() / values.len() as f64
        });
        prop_assert_eq!(&folded::<Windows<Average>>(&samples, steps, length, offset), &expected);
        let expected = naive(&samples, steps, length, offset, |values| values.iter().copied().fold(0.0, f64::max));
        prop_assert_eq!(&folded::<Windows<Maximum>>(&samples, steps, length, offset), &expected);
        let expected = naive(&samples, steps, length, offset, |values| {
            let mut values = values.to_vec();
            values.sort_by(f64::total_cmp);
            let middle = (values.len() - 1) as f64 / 2.0;
            (values[middle.floor() as usize] + values[middle.ceil() as usize]) / 2.0
        });
        prop_assert_eq!(&folded::<Windows<Samples>>(&samples, steps, length, offset), &expected);
    }
}
