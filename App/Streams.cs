using System.Text;

namespace Cmud.App;

/// <summary>What a command reads from and writes to: the process's streams, or those of a test.</summary>
/// <param name="In">Where the shell reads.</param>
/// <param name="Out">Results.</param>
/// <param name="Error">What went wrong, a line each.</param>
/// <param name="Interactive">Whether a person types, and so wants a prompt.</param>
internal sealed record Streams(TextReader In, TextWriter Out, TextWriter Error, bool Interactive) : IDisposable
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Whether a person reads what goes wrong, and so may be told what is being waited for.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>The streams of the process, as UTF-8 whatever the locale says: a value leaves as it came. Results are buffered until <see cref="Dispose"/>.</summary>
    public static Streams OfProcess() => new(
        new StreamReader(Console.OpenStandardInput(), Utf8),
        new StreamWriter(Console.OpenStandardOutput(), Utf8, bufferSize: 1 << 14),
        new StreamWriter(Console.OpenStandardError(), Utf8) { AutoFlush = true },
        Interactive: !Console.IsInputRedirected)
    {
        ErrorIsTerminal = !Console.IsErrorRedirected,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        In.Dispose();
        Out.Dispose();
        Error.Dispose();
    }
}
