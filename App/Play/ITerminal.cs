using System.Threading.Channels;

namespace Cmud.App.Play;

/// <summary>A terminal with a cursor: keys in, text with the usual escapes out. A port: the console here, a telnet or web door, a test.</summary>
internal interface ITerminal : IDisposable
{
    /// <summary>How many columns it has now; at least 1.</summary>
    int Columns { get; }

    /// <summary>How many rows it has now; at least 1.</summary>
    int Rows { get; }

    /// <summary>Strokes in order; complete when the terminal is gone.</summary>
    ChannelReader<Key> Keys { get; }

    /// <summary>Writes text in one piece.</summary>
    void Write(string text);
}
