using System.Globalization;

namespace Cmud.Benchmarks;

/// <summary>Numbers of command lines.</summary>
internal static class OptionNumber
{
    /// <summary>Reads one within bounds, or throws one sentence.</summary>
    /// <exception cref="ArgumentException">It is no number, or out of bounds.</exception>
    public static double Read(string option, string text, double least, double most) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{option} is '{text}' but must be {least} to {most}."));
}
