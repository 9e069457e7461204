using System.Runtime.InteropServices;
using System.Text;
using System.Threading.Channels;

namespace Cmud.App.Play;

/// <summary>The terminal that the process stands in.</summary>
/// <remarks>
/// A thread of its own is always in ReadKey: the terminal echoes nothing meanwhile, and .NET gives it back as it was at the end of the
/// process. To look first whether a key is there would let it echo.
/// </remarks>
internal sealed class ConsoleTerminal : ITerminal
{
    /// <summary>Keys that wait to be taken; more stay in the kernel, which then holds back the paste.</summary>
    private const int MaxKeys = 4096;

    /// <summary>What a terminal that is gone gives forever; a stray key that .NET has no name for is not so stubborn.</summary>
    private const int MaxNothings = 100;

    /// <summary>What a terminal counts as that does not know its size, as one under expect does not.</summary>
    private const int UnknownColumns = 80;

    /// <inheritdoc cref="UnknownColumns"/>
    private const int UnknownRows = 24;

    private readonly Stream _output = Console.OpenStandardOutput();
    private readonly Channel<Key> _keys = Channel.CreateBounded<Key>(MaxKeys);
    private readonly List<PosixSignalRegistration> _signals = [];

    /// <summary>Takes the terminal.</summary>
    public ConsoleTerminal()
    {
        On(PosixSignal.SIGINT, KeyKind.Interrupt);
        if (!OperatingSystem.IsWindows())
        {
            On(PosixSignal.SIGCONT, KeyKind.Redraw);
            On(PosixSignal.SIGWINCH, KeyKind.Redraw);
        }

        new Thread(ReadKeys) { IsBackground = true, Name = "keys" }.Start();
    }

    /// <inheritdoc/>
    public int Columns => Console.WindowWidth is > 0 and var columns ? columns : UnknownColumns;

    /// <inheritdoc/>
    public int Rows => Console.WindowHeight is > 0 and var rows ? rows : UnknownRows;

    /// <inheritdoc/>
    public ChannelReader<Key> Keys => _keys.Reader;

    /// <inheritdoc/>
    public void Write(string text)
    {
        _output.Write(Encoding.UTF8.GetBytes(text));
        _output.Flush();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var signal in _signals) signal.Dispose();
        _output.Dispose();
    }

    /// <summary>What .NET read, as what it means to the editor; null where it means nothing.</summary>
    public static Key? Translate(ConsoleKeyInfo key) => key switch
    {
        { Key: ConsoleKey.Enter } => new(KeyKind.Enter),
        { Key: ConsoleKey.Tab } => new(KeyKind.Tab),
        { Key: ConsoleKey.Escape } => new(KeyKind.Escape),
        { Key: ConsoleKey.Backspace } => new(KeyKind.Backspace),
        { Key: ConsoleKey.Delete } => new(KeyKind.Delete),
        { Key: ConsoleKey.LeftArrow, Modifiers: ConsoleModifiers.Control or ConsoleModifiers.Alt } or { Key: ConsoleKey.B, Modifiers: ConsoleModifiers.Alt } => new(KeyKind.WordLeft),
        { Key: ConsoleKey.RightArrow, Modifiers: ConsoleModifiers.Control or ConsoleModifiers.Alt } or { Key: ConsoleKey.F, Modifiers: ConsoleModifiers.Alt } => new(KeyKind.WordRight),
        { Key: ConsoleKey.LeftArrow } => new(KeyKind.Left),
        { Key: ConsoleKey.RightArrow } => new(KeyKind.Right),
        { Key: ConsoleKey.UpArrow } => new(KeyKind.Up),
        { Key: ConsoleKey.DownArrow } => new(KeyKind.Down),
        { Key: ConsoleKey.Home } => new(KeyKind.Home),
        { Key: ConsoleKey.End } => new(KeyKind.End),
        { KeyChar: var c } when Key.OfControl(c) is { } control => control,
        { Modifiers: var modifiers } when modifiers.HasFlag(ConsoleModifiers.Alt) => null,
        { KeyChar: var c } when !char.IsControl(c) => Key.Of(c.ToString()),
        _ => null,
    };

    private void On(PosixSignal signal, KeyKind kind) => _signals.Add(PosixSignalRegistration.Create(signal, context =>
    {
        // Else Ctrl-C would end the process with half a line on the screen. After SIGCONT .NET still sets up the terminal.
        if (signal == PosixSignal.SIGINT) context.Cancel = true;
        Add(new(kind));
    }));

    private void ReadKeys()
    {
        var (high, nothings) = ('\0', 0);
        while (nothings < MaxNothings)
        {
            ConsoleKeyInfo read;
            try
            {
                read = Console.ReadKey(intercept: true);
            }
            catch (Exception e) when (e is InvalidOperationException or IOException)
            {
                // The terminal is gone.
                break;
            }

            nothings = read == default ? nothings + 1 : 0;
            if (Translate(read) is not { } key) continue;

            // A character beyond the first 65,536 comes in halves.
            if (key.Kind == KeyKind.Text && char.IsHighSurrogate(key.Text[0]))
            {
                high = key.Text[0];
                continue;
            }

            if (key.Kind == KeyKind.Text && char.IsLowSurrogate(key.Text[0]))
            {
                if (high != '\0') Add(Key.Of(new string([high, key.Text[0]])));
            }
            else
            {
                Add(key);
            }

            high = '\0';
        }

        _keys.Writer.TryComplete();
    }

    private void Add(Key key)
    {
        if (!_keys.Writer.TryWrite(key)) _keys.Writer.WriteAsync(key).AsTask().GetAwaiter().GetResult();
    }
}
