namespace Cmud.Silo.Journal;

/// <summary>A server cannot be started on a data directory; the message is one sentence that names the directory and says what to do.</summary>
public sealed class DataDirectoryException(string message, Exception? inner = null) : Exception(message, inner);
